"""What is written about a month, and the indexes its numbers are counted by.

Revises: 0017
"""
import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

INDEXES = (
    ('work_order', 'ix_work_order_reported_at', ['reported_at']),
    ('sla_milestone', 'ix_sla_milestone_kind', ['kind', 'due_at']),
    ('delay_declaration', 'ix_delay_declaration_milestone_id', ['milestone_id']),
)


def upgrade():
    op.create_table('monthly_report',
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('analysis', sa.Text(), nullable=False),
    sa.Column('improvements', sa.Text(), nullable=False),
    sa.Column('written_by', sa.String(length=36), nullable=True),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('approved_by', sa.String(length=36), nullable=True),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_by', sa.String(length=36), nullable=True),
    sa.Column('device_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('server_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_monthly_report')),
    sa.UniqueConstraint('month', name=op.f('uq_monthly_report_month'))
    )
    for table, name, columns in INDEXES:
        op.create_index(name, table, columns, unique=False)


def downgrade():
    for table, name, _ in reversed(INDEXES):
        op.drop_index(name, table_name=table)
    op.drop_table('monthly_report')
