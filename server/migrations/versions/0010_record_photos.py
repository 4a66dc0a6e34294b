"""Pictures of the place beside a visit's record, for the next visit's overlay. Rows already filed keep none.

Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("service_record", schema=None) as batch_op:
        batch_op.add_column(sa.Column("photos", sa.JSON(), nullable=True))


def downgrade():
    with op.batch_alter_table("service_record", schema=None) as batch_op:
        batch_op.drop_column("photos")
