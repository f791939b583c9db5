"""auth.redirect: wherever somebody hostile wants a visitor to land, they land on a page of ours."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import quote, urlencode, urljoin, urlsplit

from upheld.features.trust.people import FORM, SAME_ORIGIN
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.sessions import gathered
from upheld.features.trust.scene import Scene
from upheld.features.trust.site import Answer, Site

ELSEWHERE = "elsewhere.example"

CORPUS: Sequence[str] = (
    f"https://{ELSEWHERE}/",
    f"//{ELSEWHERE}",
    f"///{ELSEWHERE}",
    f"////{ELSEWHERE}/..",
    f"/\\{ELSEWHERE}",
    f"\\\\{ELSEWHERE}",
    f"/\\/{ELSEWHERE}",
    f"\\/{ELSEWHERE}",
    f"https:{ELSEWHERE}",
    f"https:/{ELSEWHERE}",
    f"https:\\\\{ELSEWHERE}",
    f"/\t/{ELSEWHERE}",
    f"/\n/{ELSEWHERE}",
    f"\x01//{ELSEWHERE}",
    f" //{ELSEWHERE}",
    f"//{ELSEWHERE}%2f..",
    f"/%2f%2f{ELSEWHERE}",
    f"/%5c{ELSEWHERE}",
    f"/.//{ELSEWHERE}",
    f"/..//{ELSEWHERE}",
    f"/home//{ELSEWHERE}",
    f"//upheld@{ELSEWHERE}",
    f"https://upheld.localhost@{ELSEWHERE}",
    f"https://upheld.localhost.{ELSEWHERE}",
    f"//{ELSEWHERE}\\@upheld.localhost",
    f"//{ELSEWHERE}#@upheld.localhost",
    f"//{ELSEWHERE}?.upheld.localhost",
    "//3232235777/",
    "//0x7f000001/",
    "//[::ffff:7f00:1]/",
    "///\u3002example",
    f"http://{ELSEWHERE}",
    f"ftp://{ELSEWHERE}",
    "javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,x",
    "accounts.sign_out",
    f"home\r\nlocation: https://{ELSEWHERE}",
)
"""Ways to name another place that checks of prefixes have let through elsewhere."""

_PARAMETERS = ("to", "id", "next", "url", "return", "return_to", "redirect", "continue", "goto")
_SIGN_INS = 6
"""How many of them are tried by signing in: an account may try ten times in five minutes."""

_HARDEST = (f"//{ELSEWHERE}", f"/\\{ELSEWHERE}", f"https:{ELSEWHERE}", f"/\t/{ELSEWHERE}", "javascript:alert(1)")


@probe(privilege="the password of a probe person", cost="some two hundred requests, six passwords checked")
async def corpus(scene: Scene) -> Finding:
    """Ask to be led to many hostile places: when signing in, when signed in, and by the path itself."""
    cast = await scene.cast()
    ours = scene.settings.address
    asked = 0
    faults: list[str] = []
    for name, number in zip((*_HARDEST, CORPUS[-1]), CORPUS[:_SIGN_INS], strict=True):
        form = {"email": cast.candidate.email, "password": cast.candidate.password, "to": name, "id": number}
        answer = await scene.site.ask("POST", "/sign-in", FORM, urlencode(form).encode())
        asked += 1
        faults += _away("signing in with", name, answer, ours)
        if answer.status != HTTPStatus.SEE_OTHER:
            faults.append(f"signing in with {name!r} answered {answer.status}: this probe is blind")

    async def visit(site: Site, hostile: str, path: str, headers: dict[str, str]) -> list[str]:
        return _away(path.partition("?")[0], hostile, await site.ask("GET", path, headers), ours)

    tries = [
        (scene.site, hostile, f"{page}?{urlencode(dict.fromkeys(_PARAMETERS, hostile))}", {**SAME_ORIGIN, **who})
        for hostile in CORPUS
        for page, who in (("/sign-in", {}), ("/sign-in", cast.candidate.cookie), ("/home", cast.candidate.cookie))
    ]
    hosts: list[tuple[Site, dict[str, str]]] = [
        (scene.site, {"host": f"localhost:{scene.settings.listen.rsplit(':', 1)[1]}"})
    ]
    hosts += [(scene.plain, {})] if scene.plain else []
    tries += [(site, hostile, _as_path(hostile), headers) for site, headers in hosts for hostile in CORPUS]
    faults += await gathered((lambda t=t: visit(*t)) for t in tries)
    return judged(sorted(set(faults)), hostile=len(CORPUS), requests=asked + len(tries))


def _as_path(hostile: str) -> str:
    """Return a hostile place as a path, as far as a request can carry it."""
    return quote(hostile if hostile.startswith("/") else f"/{hostile}", safe="/\\:@%?#[]")


def _away(what: str, hostile: str, answer: Answer, ours: str) -> list[str]:
    led = [*answer.all("location"), *(part.partition("url=")[2] for part in answer.all("refresh"))]
    return [f"{what} {hostile!r} leads to another place" for place in led if place and not stays(place, ours)]


def stays(place: str, ours: str) -> bool:
    """Whether a browser that is sent to `place` stays on the site (WHATWG URL: what it ignores is left out)."""
    read = re.sub(r"[\t\r\n]", "", place).strip("".join(map(chr, range(33)))).replace("\\", "/")
    target, base = urlsplit(urljoin(f"{ours}/sign-in", read)), urlsplit(ours)
    # `//` after the origin would be another host as soon as somebody joins it once more.
    return (target.scheme, target.netloc) == (base.scheme, base.netloc) and not read.startswith("//")
