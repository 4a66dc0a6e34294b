"""What the browser of a phone threw away.

Revises: 0007
"""
import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('phone_status', schema=None) as batch_op:
        batch_op.add_column(sa.Column('evicted', sa.JSON(), nullable=True))


def downgrade():
    with op.batch_alter_table('phone_status', schema=None) as batch_op:
        batch_op.drop_column('evicted')
