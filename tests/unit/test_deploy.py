"""What deploy/ says in one file fits what it says in another."""

import re
from pathlib import Path

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"


def test_payments_and_nginx_meet_at_one_socket_of_their_own() -> None:
    """Partners reach payments by a unix socket in a volume that these two mount and nobody else, and nginx says there
    from where they come: only on that socket is it believed."""
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    socket = services["payments"]["environment"]["AIMAK_PAYMENTS__NGINX_SOCKET"]
    folder = str(Path(socket).parent)
    mounted = {
        name: volume.partition(":")[0]
        for name, service in services.items()
        for volume in service.get("volumes", [])
        if volume.partition(":")[2] == folder
    }
    assert mounted.keys() == {"payments", "proxy"} and len(set(mounted.values())) == 1
    nginx = (DEPLOY / "images" / "nginx.conf").read_text()
    partners = re.search(r"location /partners/ \{(.*?)\}", nginx, re.DOTALL)
    assert partners is not None
    assert f"proxy_pass http://unix:{socket}:;" in partners[1]
    # A header that is set in a location takes away all that were set above it.
    assert "proxy_set_header" not in partners[1]
    assert "proxy_set_header X-Real-IP $remote_addr;" in nginx
