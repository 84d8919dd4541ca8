"""For PYTHONPATH: every Python program that is started with it trusts the certificate of SSL_CERT_FILE, and no other.

Python's own ssl module reads SSL_CERT_FILE itself. Many clients have a list of authorities of their own in the package
certifi, among them requests and Alibaba Cloud's Tea SDKs, and the Tea SDKs ignore REQUESTS_CA_BUNDLE too.
"""

import os

_certificate = os.environ.get("SSL_CERT_FILE")

if _certificate:
    # Another value, which many machines set for everybody, would win over SSL_CERT_FILE.
    os.environ["REQUESTS_CA_BUNDLE"] = _certificate
    try:
        import certifi
    except ImportError:
        pass
    else:
        certifi.where = lambda: _certificate
        certifi.contents = lambda: open(_certificate, encoding="ascii").read()
