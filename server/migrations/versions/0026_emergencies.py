"""Emergency plans, cases, their log, drills and what drills leave to be done.

Revises: 0025
"""
import sqlalchemy as sa
from alembic import op

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None


def synced(*columns):
    return [
        *columns,
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('created_by', sa.String(length=36), nullable=True),
        sa.Column('device_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('server_at', sa.DateTime(timezone=True), nullable=False),
    ]


def upgrade():
    op.create_table('emergency_plan', *synced(
        sa.Column('code', sa.String(length=32), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('level', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('name_en', sa.String(length=200), nullable=False),
        sa.Column('scenario', sa.Text(), nullable=False),
        sa.Column('roster', sa.JSON(), nullable=False),
        sa.Column('steps', sa.JSON(), nullable=False),
        sa.Column('suppliers', sa.JSON(), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('decided_by', sa.String(length=36), nullable=True),
        sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    ), sa.PrimaryKeyConstraint('id', name=op.f('pk_emergency_plan')),
        sa.UniqueConstraint('code', 'version', name=op.f('uq_emergency_plan_code_version')))

    op.create_table('emergency', *synced(
        sa.Column('plan_id', sa.String(length=36), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('ended_by', sa.String(length=36), nullable=True),
        sa.Column('summary', sa.Text(), nullable=False),
        sa.Column('work_order_id', sa.String(length=36), nullable=False),
        sa.Column('visit_id', sa.String(length=36), nullable=True),
    ), sa.PrimaryKeyConstraint('id', name=op.f('pk_emergency')))
    op.create_index(op.f('ix_emergency_work_order_id'), 'emergency', ['work_order_id'])

    op.create_table('emergency_entry', *synced(
        sa.Column('parent_noun', sa.String(length=16), nullable=False),
        sa.Column('parent_id', sa.String(length=36), nullable=False),
        sa.Column('work_order_id', sa.String(length=36), nullable=True),
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('step_id', sa.String(length=64), nullable=True),
        sa.Column('contact_id', sa.String(length=64), nullable=True),
        sa.Column('contact_name', sa.String(length=200), nullable=False),
        sa.Column('phone', sa.String(length=32), nullable=False),
        sa.Column('result', sa.String(length=16), nullable=True),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('by_name', sa.String(length=200), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    ), sa.PrimaryKeyConstraint('id', name=op.f('pk_emergency_entry')))
    op.create_index('ix_emergency_entry_parent_id', 'emergency_entry', ['parent_id'])

    op.create_table('drill', *synced(
        sa.Column('plan_id', sa.String(length=36), nullable=False),
        sa.Column('planned_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('place', sa.String(length=200), nullable=False),
        sa.Column('scenario', sa.Text(), nullable=False),
        sa.Column('leader_id', sa.String(length=36), nullable=False),
        sa.Column('participant_ids', sa.JSON(), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('score', sa.Integer(), nullable=True),
        sa.Column('good', sa.Text(), nullable=False),
        sa.Column('findings', sa.Text(), nullable=False),
        sa.Column('evaluated_by', sa.String(length=36), nullable=True),
        sa.Column('evaluated_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('reason', sa.Text(), nullable=False),
    ), sa.PrimaryKeyConstraint('id', name=op.f('pk_drill')))

    op.create_table('drill_action', *synced(
        sa.Column('drill_id', sa.String(length=36), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('owner_id', sa.String(length=36), nullable=False),
        sa.Column('due_on', sa.Date(), nullable=False),
        sa.Column('done', sa.Boolean(), nullable=False),
        sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('done_by', sa.String(length=36), nullable=True),
        sa.Column('note', sa.Text(), nullable=False),
    ), sa.PrimaryKeyConstraint('id', name=op.f('pk_drill_action')))
    op.create_index('ix_drill_action_drill_id', 'drill_action', ['drill_id'])


def downgrade():
    for table in ('drill_action', 'drill', 'emergency_entry', 'emergency', 'emergency_plan'):
        op.drop_table(table)
