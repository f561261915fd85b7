"""The network as QGIS is set up to use it."""

from urllib.parse import quote

from qgis.core import QgsBlockingNetworkRequest, QgsSettings
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtNetwork import QNetworkRequest

from .errors import EngineError

SCHEMES = {"HttpProxy": "http", "Socks5Proxy": "socks5"}


def fetch(url):
    """The content of a URL, through QGIS so that its proxy and certificates are used."""
    request = QgsBlockingNetworkRequest()
    if request.get(QNetworkRequest(QUrl(url))) != QgsBlockingNetworkRequest.ErrorCode.NoError:
        raise EngineError.of("setup.no_network", url=url, reason=request.errorMessage())
    return bytes(request.reply().content())


def proxy_variables():
    """Variables that tell pip and uv of the proxy set in QGIS; nothing where QGIS has none of its own."""
    settings = QgsSettings()

    def read(name):
        return settings.value("proxy/" + name, "", type=str)

    scheme = SCHEMES.get(read("proxyType"))
    if not settings.value("proxy/proxyEnabled", False, type=bool) or scheme is None or not read("proxyHost"):
        return {}
    who = f"{quote(read('proxyUser'), '')}:{quote(read('proxyPassword'), '')}@" if read("proxyUser") else ""
    url = f"{scheme}://{who}{read('proxyHost')}:{read('proxyPort') or 80}"
    return {"HTTP_PROXY": url, "HTTPS_PROXY": url, "http_proxy": url, "https_proxy": url}
