"""Instances only; `create_app` binds them."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from flask_jwt_extended import JWTManager
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_smorest import Api
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

# SQLite has one writer: a transaction that may write takes the lock at its start, a reading one must not.
reading: ContextVar[bool] = ContextVar("reading", default=False)


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


class PublishingSession(Session):
    """A session whose changed synced rows reach the feed at commit: `server.feed` listens to its events."""

    info: dict[Any, Any]


db = SQLAlchemy(model_class=Base, session_options={"class_": PublishingSession, "expire_on_commit": False})
migrate = Migrate(directory="server/migrations", render_as_batch=True, compare_type=True)
jwt = JWTManager()
smorest = Api()
limiter = Limiter(key_func=get_remote_address, default_limits=[])
