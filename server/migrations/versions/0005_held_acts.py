"""Acts that wait for a row of another device.

Revises: 0004
"""
import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('held_act',
    sa.Column('act_id', sa.String(length=36), nullable=False),
    sa.Column('device_id', sa.String(length=36), nullable=False),
    sa.Column('n', sa.BigInteger(), nullable=False),
    sa.Column('group_name', sa.String(length=64), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('noun', sa.String(length=32), nullable=False),
    sa.Column('row_id', sa.String(length=36), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('act_id', name=op.f('pk_held_act'))
    )
    with op.batch_alter_table('held_act', schema=None) as batch_op:
        for name in ('device_id', 'row_id', 'until'):
            batch_op.create_index(batch_op.f(f'ix_held_act_{name}'), [name], unique=False)
    with op.batch_alter_table('review_item', schema=None) as batch_op:
        batch_op.add_column(sa.Column('waits_until', sa.DateTime(timezone=True), nullable=True))


def downgrade():
    with op.batch_alter_table('review_item', schema=None) as batch_op:
        batch_op.drop_column('waits_until')
    op.drop_table('held_act')
