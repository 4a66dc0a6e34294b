"""What customers do without an account; what a registration says beside; hand-overs.

Revises: 0012
"""
import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

TEXTS = (('purchased_on', 10), ('purchased_from', 200), ('happened_at', 32), ('happened_where', 200))


def _synced():
    return (
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('created_by', sa.String(length=36), nullable=True),
        sa.Column('device_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('server_at', sa.DateTime(timezone=True), nullable=False),
    )


def upgrade():
    op.create_table('customer_report',
    *_synced(),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('company', sa.String(length=200), nullable=False),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('equipment', sa.String(length=200), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('happened_at', sa.String(length=32), nullable=False),
    sa.Column('demands', sa.JSON(), nullable=False),
    sa.Column('contact_name', sa.String(length=200), nullable=False),
    sa.Column('contact_phone', sa.String(length=32), nullable=False),
    sa.Column('files', sa.JSON(), nullable=False),
    sa.Column('work_order_id', sa.String(length=36), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('decided_by', sa.String(length=36), nullable=True),
    sa.Column('address', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_customer_report'))
    )
    op.create_table('customer_report_file',
    sa.Column('report_id', sa.String(length=36), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('report_id', 'sha256', name=op.f('pk_customer_report_file'))
    )
    op.create_table('customer_link',
    *_synced(),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('work_order_id', sa.String(length=36), nullable=True),
    sa.Column('report_id', sa.String(length=36), nullable=True),
    sa.Column('visit_id', sa.String(length=36), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_customer_link'))
    )
    op.create_table('survey',
    *_synced(),
    sa.Column('work_order_id', sa.String(length=36), nullable=False),
    sa.Column('visit_id', sa.String(length=36), nullable=True),
    sa.Column('mode', sa.String(length=16), nullable=False),
    sa.Column('speed', sa.Integer(), nullable=False),
    sa.Column('solution', sa.Integer(), nullable=False),
    sa.Column('attitude', sa.Integer(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('by_name', sa.String(length=200), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_survey'))
    )
    for table, columns in (
        ('customer_report', ('state', 'work_order_id')), ('customer_report_file', ('sha256',)),
        ('customer_link', ('work_order_id', 'report_id', 'visit_id')), ('survey', ('work_order_id', 'visit_id')),
    ):
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name in columns:
                batch_op.create_index(batch_op.f(f'ix_{table}_{name}'), [name], unique=False)
    op.create_index('ix_customer_link_token_hash', 'customer_link', ['token_hash'], unique=True)

    with op.batch_alter_table('work_order', schema=None) as batch_op:
        for name, length in TEXTS:
            batch_op.add_column(sa.Column(name, sa.String(length=length), server_default=sa.text("''"), nullable=False))
        batch_op.add_column(sa.Column('demands', sa.JSON(), server_default=sa.text("'[]'"), nullable=False))
        batch_op.add_column(sa.Column('handover', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('handover_until', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f('ix_work_order_handover_until'), ['handover_until'], unique=False)
    with op.batch_alter_table('work_order', schema=None) as batch_op:  # the model fills them in
        for name, length in TEXTS:
            batch_op.alter_column(name, existing_type=sa.String(length=length), existing_nullable=False, server_default=None)
        batch_op.alter_column('demands', existing_type=sa.JSON(), existing_nullable=False, server_default=None)


def downgrade():
    with op.batch_alter_table('work_order', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_work_order_handover_until'))
        for name in ('handover_until', 'handover', 'demands', *(name for name, _ in reversed(TEXTS))):
            batch_op.drop_column(name)
    for table in ('survey', 'customer_link', 'customer_report_file', 'customer_report'):
        op.drop_table(table)
