"""Complaints, what is done about them, and calls that reached nobody.

Revises: 0022
"""
import sqlalchemy as sa
from alembic import op

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def common():
    """What every synced row has."""
    return [
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('created_by', sa.String(length=36), nullable=True),
        sa.Column('device_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('server_at', sa.DateTime(timezone=True), nullable=False),
    ]


def upgrade():
    op.create_table('complaint',
    sa.Column('number', sa.String(length=32), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('level', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('channel', sa.String(length=32), nullable=False),
    sa.Column('categories', sa.JSON(), nullable=False),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('customer_id', sa.String(length=36), nullable=True),
    sa.Column('customer_name', sa.String(length=200), nullable=False),
    sa.Column('site_id', sa.String(length=36), nullable=True),
    sa.Column('site_name', sa.String(length=200), nullable=False),
    sa.Column('work_order_id', sa.String(length=36), nullable=True),
    sa.Column('order_number', sa.String(length=32), nullable=False),
    sa.Column('visit_id', sa.String(length=36), nullable=True),
    sa.Column('about_ids', sa.JSON(), nullable=False),
    sa.Column('contact_name', sa.String(length=200), nullable=False),
    sa.Column('contact_phone', sa.String(length=32), nullable=False),
    sa.Column('origin_noun', sa.String(length=32), nullable=True),
    sa.Column('origin_id', sa.String(length=36), nullable=True),
    sa.Column('owner_id', sa.String(length=36), nullable=False),
    sa.Column('span', sa.JSON(), nullable=False),
    sa.Column('answer_due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('promised_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('warned', sa.JSON(), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_by', sa.String(length=36), nullable=True),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('breached', sa.Boolean(), nullable=False),
    sa.Column('unsatisfied', sa.Integer(), nullable=False),
    sa.Column('steps', sa.JSON(), nullable=False),
    sa.Column('satisfied', sa.Boolean(), nullable=True),
    sa.Column('customer_word', sa.Text(), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_by', sa.String(length=36), nullable=True),
    *common(),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_complaint')),
    sa.UniqueConstraint('number', name=op.f('uq_complaint_number')),
    sa.UniqueConstraint('origin_id', name=op.f('uq_complaint_origin_id'))
    )
    with op.batch_alter_table('complaint', schema=None) as batch_op:
        for column in ('customer_id', 'next_at', 'reported_at', 'site_id', 'state', 'work_order_id'):
            batch_op.create_index(batch_op.f(f'ix_complaint_{column}'), [column], unique=False)

    op.create_table('complaint_number',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('day', name=op.f('pk_complaint_number'))
    )
    op.create_table('complaint_rise',
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('was', sa.Integer(), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('month', name=op.f('pk_complaint_rise'))
    )
    op.create_table('improvement_action',
    sa.Column('source_noun', sa.String(length=32), nullable=True),
    sa.Column('source_id', sa.String(length=36), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.String(length=36), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('figure', sa.String(length=32), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_by', sa.String(length=36), nullable=True),
    sa.Column('result', sa.Text(), nullable=False),
    sa.Column('reminded_on', sa.Date(), nullable=True),
    *common(),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_improvement_action'))
    )
    with op.batch_alter_table('improvement_action', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_improvement_action_due_on'), ['due_on'], unique=False)
        batch_op.create_index(batch_op.f('ix_improvement_action_source_id'), ['source_id'], unique=False)

    op.create_table('call_attempt',
    sa.Column('mode', sa.String(length=16), nullable=False),
    sa.Column('outcome', sa.String(length=16), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('again_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('work_order_id', sa.String(length=36), nullable=False),
    sa.Column('visit_id', sa.String(length=36), nullable=True),
    *common(),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_call_attempt'))
    )
    with op.batch_alter_table('call_attempt', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_call_attempt_work_order_id'), ['work_order_id'], unique=False)

    with op.batch_alter_table('customer_report', schema=None) as batch_op:
        batch_op.add_column(sa.Column('complaint_id', sa.String(length=36), nullable=True))


def downgrade():
    with op.batch_alter_table('customer_report', schema=None) as batch_op:
        batch_op.drop_column('complaint_id')

    for table in ('call_attempt', 'improvement_action', 'complaint_rise', 'complaint_number', 'complaint'):
        op.drop_table(table)
