"""The verifier: an employer asks for a competency and learns whether to believe the answer."""
