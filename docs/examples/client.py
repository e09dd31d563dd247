import asyncio, json, sys
import websockets

async def main(server, job):
    async with websockets.connect(f"{server}/ws/jobs/{job}") as socket:
        async for text in socket:
            event = json.loads(text)
            if "percent" in event:
                print(event["percent"], "%")
            if "status" in event:
                return print(event["status"])

asyncio.run(main(*sys.argv[1:]))
