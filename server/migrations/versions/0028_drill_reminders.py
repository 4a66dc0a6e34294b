"""Actions that a drill left are reminded of, once, on their day.

Revises: 0027
"""
import sqlalchemy as sa
from alembic import op

revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('drill_action', schema=None) as batch_op:
        batch_op.add_column(sa.Column('reminded_on', sa.Date(), nullable=True))
    # Of what was overdue before nobody shall hear all at once.
    op.execute("UPDATE drill_action SET reminded_on = due_on WHERE due_on < CURRENT_DATE")


def downgrade():
    with op.batch_alter_table('drill_action', schema=None) as batch_op:
        batch_op.drop_column('reminded_on')
