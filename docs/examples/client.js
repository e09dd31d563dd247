function follow(server, job, tell) {
  const socket = new WebSocket(`${server}/ws/jobs/${job}`);
  socket.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    if (event.percent !== undefined) tell(`${event.percent} %`);
    if (event.status) { tell(event.status); socket.close(); }
  };
}

if (typeof process === "object") follow(process.argv[2], process.argv[3], console.log);
