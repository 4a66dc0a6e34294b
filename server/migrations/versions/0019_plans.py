"""Maintenance plans and what they make.

Revises: 0018
"""
import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('maintenance_plan',
    sa.Column('site_id', sa.String(length=36), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('rrule', sa.String(length=100), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('window_days', sa.Integer(), nullable=False),
    sa.Column('checklist_codes', sa.JSON(), nullable=False),
    sa.Column('team_id', sa.String(length=36), nullable=True),
    sa.Column('lead_id', sa.String(length=36), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_by', sa.String(length=36), nullable=True),
    sa.Column('device_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('server_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_maintenance_plan'))
    )
    with op.batch_alter_table('maintenance_plan', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_maintenance_plan_site_id'), ['site_id'], unique=False)

    op.create_table('plan_occurrence',
    sa.Column('plan_id', sa.String(length=36), nullable=False),
    sa.Column('site_id', sa.String(length=36), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('opens_on', sa.Date(), nullable=False),
    sa.Column('closes_on', sa.Date(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('work_order_id', sa.String(length=36), nullable=True),
    sa.Column('done_on', sa.Date(), nullable=True),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('decided_by', sa.String(length=36), nullable=True),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_by', sa.String(length=36), nullable=True),
    sa.Column('device_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('server_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_occurrence')),
    sa.UniqueConstraint('plan_id', 'due_on', name=op.f('uq_plan_occurrence_plan_id_due_on'))
    )
    with op.batch_alter_table('plan_occurrence', schema=None) as batch_op:
        batch_op.create_index('ix_plan_occurrence_state_closes_on', ['state', 'closes_on'], unique=False)
        batch_op.create_index(batch_op.f('ix_plan_occurrence_site_id'), ['site_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_plan_occurrence_work_order_id'), ['work_order_id'], unique=False)


def downgrade():
    op.drop_table('plan_occurrence')
    op.drop_table('maintenance_plan')
