"""Instances only; `create_app` binds them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from flask import Flask, current_app
from flask_jwt_extended import JWTManager
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_smorest import Api, Blueprint
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from server.publishing import PublishingSession

# SQLite has one writer: a transaction that may write takes the lock at its start, a reading one must not.
reading: ContextVar[bool] = ContextVar("reading", default=False)
# What is good to write, and not worth making anybody wait: behind another writer it fails soon (server/database.py).
hurried: ContextVar[bool] = ContextVar("hurried", default=False)


class Base(DeclarativeBase):
    """Constraints have names, so that migrations can drop them on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base, session_options={"class_": PublishingSession, "expire_on_commit": False})
migrate = Migrate(directory="server/migrations", render_as_batch=True, compare_type=True)


class RememberingJWTManager(JWTManager):
    """A token whose signature was verified once need not be verified at every request: only its end is looked at.

    What may change meanwhile (is the account active? the device revoked?) is no part of the token and is asked anew
    by the user loader each time.
    """

    TOKENS_KEPT = 10_000  # about 10 MB; then all are forgotten and verified again

    def __init__(self) -> None:
        super().__init__()
        self._verified: dict[tuple[str, str], dict[str, Any]] = {}

    def remembered(self, encoded_token: str) -> dict[str, Any] | None:
        """The claims of a token that was verified before and has not ended, else None."""
        claims = self._verified.get((current_app.config["JWT_SECRET_KEY"], encoded_token))
        return dict(claims) if claims is not None and claims["exp"] > time.time() else None

    def _decode_jwt_from_config(
        self, encoded_token: str, csrf_value: Any = None, allow_expired: bool = False
    ) -> dict[str, Any]:
        if csrf_value is None and (known := self.remembered(encoded_token)) is not None:
            return known
        claims = super()._decode_jwt_from_config(encoded_token, csrf_value, allow_expired)
        if not allow_expired:
            if len(self._verified) >= self.TOKENS_KEPT:
                self._verified.clear()
            self._verified[current_app.config["JWT_SECRET_KEY"], encoded_token] = dict(claims)
        return claims


class DescribedWhenAsked(Api):
    """The doors are registered at the start, and described when somebody reads the description.

    Describing them is half of what making an app costs: every start, every `flask` command and every test would pay it.
    """

    def __init__(self) -> None:
        self._spec: Any = None
        #: Adds what holds for all doors, once each is described.
        self.complete: Callable[[Flask], None] = lambda app: None
        self._undescribed: list[Blueprint] = []
        self._describing = threading.RLock()
        super().__init__()

    def init_app(self, app: Flask, **options: Any) -> None:
        self._undescribed = []
        super().init_app(app, **options)

    def register_blueprint(self, blp: Blueprint, **options: Any) -> None:
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp)
        self._undescribed.append(blp)

    @property
    def spec(self) -> Any:
        with self._describing:
            waiting, self._undescribed = self._undescribed, []
            for blp in waiting:
                blp.register_views_in_doc(self, self._app, self._spec, name=blp.name, parameters=None)
                self._spec.tag({"name": blp.name, "description": blp.description})
            if waiting:
                self.complete(self._app)
            return self._spec

    @spec.setter
    def spec(self, spec: Any) -> None:
        self._spec = spec


jwt = RememberingJWTManager()
smorest = DescribedWhenAsked()
limiter = Limiter(key_func=get_remote_address, default_limits=[])
