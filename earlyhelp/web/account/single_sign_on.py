"""Signing in with the council's identity provider (OpenID Connect): code flow with PKCE, state and nonce."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, current_app, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from earlyhelp.casework import sessions
from earlyhelp.casework.single_sign_on import Claimed, SignedOn, sign_on, user_of
from earlyhelp.on_demand import OnDemand
from earlyhelp.records.database import transaction
from earlyhelp.web.access import PUBLIC, permitted, safe_next
from earlyhelp.web.account.session import begin_session
from earlyhelp.web.services import services

if TYPE_CHECKING:
    import authlib.common.errors as authlib_errors  # type: ignore[import-untyped]
    import authlib.integrations.flask_client as authlib_flask  # type: ignore[import-untyped]
    import joserfc.errors as joserfc_errors
    import joserfc.jwk as joserfc_jwk
    import joserfc.jwt as joserfc_jwt
    import requests
else:
    authlib_errors = OnDemand("authlib.common.errors")
    authlib_flask = OnDemand("authlib.integrations.flask_client")
    joserfc_errors = OnDemand("joserfc.errors")
    joserfc_jwk = OnDemand("joserfc.jwk")
    joserfc_jwt = OnDemand("joserfc.jwt")
    requests = OnDemand("requests")

blueprint = Blueprint("single_sign_on", __name__, url_prefix="/sign-in/council")
EXTENSION, NAME = "earlyhelp.single_sign_on", "council"
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""With a key that the provider alone holds: never `none`, never one made from our own secret."""
SIGNED_OUT = "http://schemas.openid.net/event/backchannel-logout"
GOING_TO = "going_to"
LATELY = timedelta(minutes=10)
PATIENCE = 10
"""Seconds to wait for the provider."""
NOT_NOW = "The council's sign-in did not answer as it should. Try again"


@blueprint.get("")
@permitted(PUBLIC)
def start() -> Response | tuple[str, int]:
    """Off to the provider, which sends people back to `arrived`."""
    if services().settings.oidc_issuer is None:
        return redirect(url_for("account.sign_in"))
    client = _client()
    session[GOING_TO] = safe_next(request.args.get("next"))
    try:
        answer: Response = client.authorize_redirect(url_for("single_sign_on.arrived", _external=True))
    except _faults():
        return _refused(NOT_NOW, 502)
    return answer


@blueprint.get("/arrived")
@permitted(PUBLIC)
def arrived() -> Response | tuple[str, int]:
    """Back from the provider. Everything that it says is verified before anything is believed."""
    if services().settings.oidc_issuer is None:
        return redirect(url_for("account.sign_in"))
    try:
        claims = _verified()
    except _faults():
        return _refused(NOT_NOW, 400)
    going_to = session.pop(GOING_TO, None)
    signed_on = _signed_on(claims)
    if signed_on.person is None:
        return _refused(signed_on.refused, 403)
    sid = claims.get("sid")
    provider_session = str(sid)[:255] if sid else None
    begin_session(signed_on.person, method="single_sign_on", provider_session=provider_session)
    return redirect(safe_next(going_to) or "/")


@blueprint.post("/signed-out")
@permitted(PUBLIC)
def signed_out() -> Response:
    """The provider says that somebody has signed out there (OpenID Connect Back-Channel Logout 1.0)."""
    try:
        claims = _logout_claims(request.form.get("logout_token", ""))
    except _faults():
        return Response("invalid logout token", 400, mimetype="text/plain")
    sid, subject = claims.get("sid"), claims.get("sub")
    with transaction(services().engine) as connection:
        issuer = services().settings.oidc_issuer or ""
        user_id = user_of(connection, issuer=issuer, subject=str(subject)) if subject else None
        if sid or user_id is not None:
            sessions.end_for_provider(
                connection,
                user_id=user_id,
                provider_session=str(sid)[:255] if sid else None,
                now=services().now(),
            )
    return Response("", 200)


@blueprint.get("/signing-out")
@permitted(PUBLIC)
def signing_out() -> Response:
    """The provider's own page says so, in a frame (OpenID Connect Front-Channel Logout 1.0).

    No cookie comes with a frame of another site, so only the provider's name of its session tells whose ends here:
    nobody but the provider, that browser and we know it. Entra leaves `iss` out; another issuer's is not listened to.
    The answer never says whether there was such a session. The standard leaves no choice but a GET that writes.
    """
    sid, issuer = request.args.get("sid", ""), services().settings.oidc_issuer
    if sid and "\0" not in sid and request.args.get("iss", issuer) == issuer:
        with transaction(services().engine) as connection:
            sessions.end_for_provider(
                connection, user_id=None, provider_session=sid[:255], now=services().now()
            )
    return Response("", 200)


def _faults() -> tuple[type[Exception], ...]:
    """All that may go wrong between us and the provider."""
    of_libraries = (authlib_errors.AuthlibBaseError, joserfc_errors.JoseError, requests.RequestException)
    return (*of_libraries, ValueError, KeyError, RuntimeError)


def _client() -> Any:
    """The provider as Authlib knows it, made at first use: its own document says where everything is."""
    settings = services().settings
    if settings.oidc_issuer is None:
        abort(404)
    if EXTENSION not in current_app.extensions:
        registered = authlib_flask.OAuth(current_app).register(
            NAME,
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret,
            server_metadata_url=f"{settings.oidc_issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid profile email",
                "code_challenge_method": "S256",
                "default_timeout": PATIENCE,
            },
        )
        current_app.extensions[EXTENSION] = registered
    return current_app.extensions[EXTENSION]


def _trusted(client: Any) -> Any:
    """The provider, once its document names the issuer that we were told of. Weak signatures are not asked for."""
    told = client.load_server_metadata()
    if told.get("issuer") != services().settings.oidc_issuer:
        raise ValueError("another issuer")
    offered = told.get("id_token_signing_alg_values_supported") or ["RS256"]
    client.server_metadata["id_token_signing_alg_values_supported"] = [
        name for name in offered if name in SIGNATURES
    ]
    return client


def _verified() -> Mapping[str, Any]:
    settings = services().settings
    client = _trusted(_client())
    expected = {
        "iss": {"essential": True, "value": settings.oidc_issuer},
        "aud": {"essential": True, "value": settings.oidc_client_id},
    }
    token = client.authorize_access_token(claims_options=expected)
    claims: Mapping[str, Any] | None = token.get("userinfo")
    if not claims:
        raise ValueError("no identity came")
    return claims


def _signed_on(claims: Mapping[str, Any]) -> SignedOn:
    settings = services().settings
    claimed = Claimed(
        issuer=settings.oidc_issuer or "",
        subject=str(claims.get("sub", "")),
        email=str(claims.get("email") or claims.get("preferred_username") or ""),
        email_verified=settings.oidc_trust_email or claims.get("email_verified") is True,
        name=str(claims.get("name") or ""),
        groups=_groups(claims),
    )
    with transaction(services().engine) as connection:
        return sign_on(connection, claimed=claimed, roles_by_group=settings.oidc_groups, now=services().now())


def _groups(claims: Mapping[str, Any]) -> frozenset[str] | None:
    """Groups and application roles. None when nothing is said of them, or too many to be said (Entra's overage)."""
    told = [claims[name] for name in ("groups", "roles") if isinstance(claims.get(name), list)]
    return frozenset(str(group) for groups in told for group in groups) if told else None


def _logout_claims(token: str) -> Mapping[str, Any]:
    settings, client = services().settings, _trusted(_client())
    keys = joserfc_jwk.KeySet.import_key_set(client.fetch_jwk_set())
    claims: dict[str, Any] = joserfc_jwt.decode(token, keys, algorithms=list(SIGNATURES)).claims
    audience = claims.get("aud")
    now = services().now().timestamp()
    fits = (
        claims.get("iss") == settings.oidc_issuer
        and settings.oidc_client_id in (audience if isinstance(audience, list) else [audience])
        and isinstance(claims.get("events"), dict)
        and SIGNED_OUT in claims["events"]
        and "nonce" not in claims
        and bool(claims.get("sub") or claims.get("sid"))
        and abs(now - float(claims.get("iat", 0))) < LATELY.total_seconds()
        and now < float(claims.get("exp", now + 1)) + PATIENCE
    )
    if not fits:
        raise ValueError("not a logout token for us")
    return claims


def _refused(words: str, status: int) -> tuple[str, int]:
    return render_template("layout/error.html", heading="You are not signed in", lines=[words]), status
