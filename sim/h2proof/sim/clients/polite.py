"""Asks, reads, credits, answers: what every client does where no act says otherwise."""

from h2proof.sim.clients.behaviour import Behaviour

POLITE = Behaviour("polite", "reads everything and gives credit as browsers do")
