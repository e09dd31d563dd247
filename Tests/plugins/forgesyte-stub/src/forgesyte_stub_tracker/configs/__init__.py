"""Settings of the stub."""

MODELS = {"players": "players.txt", "ball": "ball.txt"}
