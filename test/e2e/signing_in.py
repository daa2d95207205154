"""People who sign in on the page, without a browser: what one keeps and sends of cookies, and the provider's form."""
import re
import urllib.parse

import requests

from oidc import free_port
from tessera_server import Server

PAGE = {"Sec-Fetch-Site": "same-origin"}  # what a browser adds to what the page's own script asks
CLIENT = "tessera-page"


def client(url, **more):
    """The metadata of a public client whose server is at `url`."""
    return {"client_id": CLIENT, "token_endpoint_auth_method": "none", "redirect_uris": [f"{url}/auth/callback"],
            "post_logout_redirect_uris": [f"{url}/"], "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"], "scope": "openid profile offline_access Dicom.ReadWrite", **more}


def issuer(url, login="", more=""):
    return (f'\n[[auth.issuers]]\nurl = "{url}"\naudiences = ["urn:tessera"]\nclock_skew_seconds = 0\n'
            f'login = {{ client_id = "{CLIENT}", scope = "openid profile offline_access Dicom.ReadWrite", '
            f'resource = "urn:tessera"{login} }}\n{more}\n')


def server_at(folder, port, config):
    """A server at an address that was told to a provider before."""
    return Server(folder, config=config, port=port, tls=None)


class Browser:
    """Cookies by name, as a browser keeps them for one server. The provider's are in a session of their own."""

    def __init__(self, url):
        self.url = url
        self.cookies = {}
        self.set_cookies = []  # every Set-Cookie field that came
        self.provider = requests.Session()

    def ask(self, method, path, headers=None, **more):
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        fields = {**({"Cookie": cookie} if cookie else {}), **(headers or {})}
        answer = requests.request(method, self.url + path, headers=fields, allow_redirects=False, timeout=60, **more)
        for field in answer.raw.headers.getlist("Set-Cookie"):
            self.set_cookies.append(field)
            name, value = field.split(";")[0].split("=", 1)
            self.cookies.pop(name, None)
            if "Max-Age=0" not in field:
                self.cookies[name] = value
        return answer

    def page(self, method, path, headers=None, **more):
        """As a script of the server's own page asks."""
        return self.ask(method, path, {**PAGE, **(headers or {})}, **more)

    def begin(self, to="/"):
        answer = self.ask("GET", "/auth/login?to=" + urllib.parse.quote(to, safe=""))
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def at_provider(self, address, name="viewer"):
        """Signs in there; the path and query that the provider sends the browser back to."""
        for _ in range(10):
            answer = self.provider.get(address, allow_redirects=False, timeout=30)
            form = re.search(r'<form method="post" action="([^"]+)"', answer.text)
            if form:
                address = urllib.parse.urljoin(address, form.group(1))
                answer = self.provider.post(address, data={"name": name}, allow_redirects=False, timeout=30)
            assert answer.status_code in (302, 303), f"{answer.status_code}: {answer.text}"
            address = urllib.parse.urljoin(address, answer.headers["Location"])
            if address.startswith(self.url):
                return address[len(self.url):]
        raise AssertionError("the provider does not come to an end")

    def sign_in(self, name="viewer", to="/"):
        answer = self.ask("GET", self.at_provider(self.begin(to), name))
        assert answer.status_code == 303, answer.text
        return answer

    def session(self):
        return self.page("GET", "/auth/session").json()

    def search(self, **headers):
        """The status of a search by the page; 200 also where it finds nothing."""
        status = self.page("GET", "/v2/studies", {"Accept": "application/dicom+json", **headers}).status_code
        return 200 if status == 204 else status


__all__ = ["Browser", "CLIENT", "PAGE", "client", "free_port", "issuer", "server_at"]
