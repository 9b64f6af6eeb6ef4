"""HTTP of a service: one application, tokens, roles, problems as JSON."""

from aimak.http.app import blueprint, service_app
from aimak.http.auth import Actor, actor, open_to, requires, trying, wants_trial

__all__ = ["Actor", "actor", "blueprint", "open_to", "requires", "service_app", "trying", "wants_trial"]
