"""Estimates, things to bring, receipts of a dispatch, the duty roster, and the battery of a phone.

Revises: 0014
"""
import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('duty_shift',
    sa.Column('user_id', sa.String(length=36), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('vehicle', sa.String(length=32), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('removed', sa.Boolean(), nullable=False),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_by', sa.String(length=36), nullable=True),
    sa.Column('device_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('server_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_duty_shift'))
    )
    with op.batch_alter_table('duty_shift', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_duty_shift_user_id'), ['user_id'], unique=False)

    with op.batch_alter_table('visit', schema=None) as batch_op:
        batch_op.add_column(sa.Column('bring', sa.JSON(), server_default='[]', nullable=False))
        batch_op.add_column(sa.Column('reached_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('seen_at', sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table('visit', schema=None) as batch_op:
        batch_op.alter_column('bring', existing_type=sa.JSON(), existing_nullable=False, server_default=None)

    with op.batch_alter_table('work_order', schema=None) as batch_op:
        batch_op.add_column(sa.Column('estimate', sa.JSON(), nullable=True))

    with op.batch_alter_table('phone_status', schema=None) as batch_op:
        batch_op.add_column(sa.Column('battery', sa.Integer(), nullable=True))


def downgrade():
    with op.batch_alter_table('phone_status', schema=None) as batch_op:
        batch_op.drop_column('battery')

    with op.batch_alter_table('work_order', schema=None) as batch_op:
        batch_op.drop_column('estimate')

    with op.batch_alter_table('visit', schema=None) as batch_op:
        batch_op.drop_column('seen_at')
        batch_op.drop_column('reached_at')
        batch_op.drop_column('bring')

    with op.batch_alter_table('duty_shift', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_duty_shift_user_id'))

    op.drop_table('duty_shift')
