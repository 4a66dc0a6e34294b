"""Keys of other systems; the journal is read by time.

Revises: 0020
"""
import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None

ID = sa.String(length=36)
INSTANT = sa.DateTime(timezone=True)


def upgrade():
    op.create_table('api_key',
    sa.Column('id', ID, nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('prefix', sa.String(length=12), nullable=False),
    sa.Column('secret_hash', sa.String(length=64), nullable=False),
    sa.Column('scopes', sa.JSON(), nullable=False),
    sa.Column('created_by', ID, nullable=True),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.Column('expires_at', INSTANT, nullable=True),
    sa.Column('last_used_at', INSTANT, nullable=True),
    sa.Column('last_address', sa.String(length=64), nullable=False),
    sa.Column('revoked_at', INSTANT, nullable=True),
    sa.Column('revoked_by', ID, nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_key')),
    sa.UniqueConstraint('prefix', name=op.f('uq_api_key_prefix'))
    )
    with op.batch_alter_table('journal', schema=None) as batch_op:
        batch_op.create_index('ix_journal_received_at', ['received_at'], unique=False)


def downgrade():
    with op.batch_alter_table('journal', schema=None) as batch_op:
        batch_op.drop_index('ix_journal_received_at')
    op.drop_table('api_key')
