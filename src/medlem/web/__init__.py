"""The service over HTTP: calls, live events, and the platform's deliveries.

Nothing is decided here: `web` translates between HTTP and `flows`, and a refusal travels up to `problems`, the one
place that turns it into an answer.
"""
