"""How far back the feed remembers deletions.

Revises: 0006
"""
import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('clock', schema=None) as batch_op:
        batch_op.add_column(sa.Column('floor', sa.BigInteger(), server_default='0', nullable=False))


def downgrade():
    with op.batch_alter_table('clock', schema=None) as batch_op:
        batch_op.drop_column('floor')
