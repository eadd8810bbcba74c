"""A browser's worth of HTTP: one kept-alive connection, cookies, forms with their token. Only this machine is ever asked."""

import html
import http.client
import re
import time
from http.cookies import SimpleCookie
from urllib.parse import urlencode

HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
ATTRIBUTE = re.compile(r'(name|value)="([^"]*)"')


class Client:
    """`get` and `post` return (status, body, seconds)."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies: dict[str, str] = {}
        self.location = ""

    def get(self, path: str) -> tuple[int, str, float]:
        return self._ask("GET", path, None)

    def post(self, path: str, fields: list[tuple[str, str]]) -> tuple[int, str, float]:
        return self._ask("POST", path, urlencode(fields))

    def submit(self, path: str, fields: dict[str, str], *, form_at: str | None = None) -> tuple[int, str, float]:
        """Fetch the page that holds the form, then post it with its hidden fields: the time of both."""
        status, body, first = self.get(form_at or path)
        if status != 200:
            raise RuntimeError(f"GET {form_at or path}: {status}")
        status, answer, second = self.post(path, [*hidden_fields(body), *fields.items()])
        return status, answer, first + second

    def sign_in(self, email: str, password: str) -> None:
        status, _, _ = self.submit("/connexion", {"email": email, "password": password})
        if status != 303:
            raise RuntimeError(f"sign-in of {email} answered {status}")

    def _ask(self, method: str, path: str, body: str | None) -> tuple[int, str, float]:
        headers = {"Accept-Encoding": "identity", "Cookie": "; ".join(f"{k}={v}" for k, v in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        started = time.perf_counter()
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        spent = time.perf_counter() - started
        for line in answer.headers.get_all("Set-Cookie") or []:
            self._cookies.update({name: morsel.value for name, morsel in SimpleCookie(line).items()})
        self.location = answer.headers.get("Location", "")
        return answer.status, text, spent


def hidden_fields(body: str) -> list[tuple[str, str]]:
    """The hidden fields of a page's main form (after its heading), token included."""
    main = body.split("<main", 1)[-1]
    found = [dict(ATTRIBUTE.findall(tag)) for tag in HIDDEN.findall(main)]
    once = {field["name"]: html.unescape(field.get("value", "")) for field in found if "name" in field}
    return list(once.items())
