"""Quotations, charges, message slips, custody receipts, rebookings.

Revises: 0011
"""
import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('charge',
    sa.Column('quotation_id', sa.String(length=36), nullable=True),
    sa.Column('basis', sa.String(length=16), nullable=False),
    sa.Column('lines', sa.JSON(), nullable=False),
    sa.Column('total_cents', sa.BigInteger(), nullable=False),
    sa.Column('paid_cents', sa.BigInteger(), nullable=False),
    sa.Column('method', sa.String(length=16), nullable=False),
    sa.Column('receipt_number', sa.String(length=64), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('visit_id', sa.String(length=36), nullable=False),
    sa.Column('work_order_id', sa.String(length=36), nullable=False),
    sa.Column('late', sa.Boolean(), nullable=False),
    sa.Column('late_state', sa.String(length=16), nullable=True),
    sa.Column('withdrawn', sa.Boolean(), nullable=False),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_by', sa.String(length=36), nullable=True),
    sa.Column('device_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('server_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_charge'))
    )
    with op.batch_alter_table('charge', schema=None) as batch_op:
        batch_op.create_index('ix_charge_visit_id', ['visit_id'], unique=False)

    op.create_table('custody',
    sa.Column('asset_id', sa.String(length=36), nullable=True),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('signer', sa.String(length=200), nullable=False),
    sa.Column('strokes', sa.JSON(), nullable=False),
    sa.Column('image_id', sa.String(length=36), nullable=False),
    sa.Column('expected_on', sa.Date(), nullable=True),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('returned', sa.JSON(), nullable=True),
    sa.Column('visit_id', sa.String(length=36), nullable=False),
    sa.Column('work_order_id', sa.String(length=36), nullable=False),
    sa.Column('late', sa.Boolean(), nullable=False),
    sa.Column('late_state', sa.String(length=16), nullable=True),
    sa.Column('withdrawn', sa.Boolean(), nullable=False),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_by', sa.String(length=36), nullable=True),
    sa.Column('device_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('server_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_custody'))
    )
    with op.batch_alter_table('custody', schema=None) as batch_op:
        batch_op.create_index('ix_custody_visit_id', ['visit_id'], unique=False)

    op.create_table('message_slip',
    sa.Column('addressee', sa.String(length=200), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('phone', sa.String(length=32), nullable=False),
    sa.Column('next_start', sa.DateTime(timezone=True), nullable=True),
    sa.Column('next_end', sa.DateTime(timezone=True), nullable=True),
    sa.Column('visit_id', sa.String(length=36), nullable=False),
    sa.Column('work_order_id', sa.String(length=36), nullable=False),
    sa.Column('late', sa.Boolean(), nullable=False),
    sa.Column('late_state', sa.String(length=16), nullable=True),
    sa.Column('withdrawn', sa.Boolean(), nullable=False),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_by', sa.String(length=36), nullable=True),
    sa.Column('device_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('server_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message_slip'))
    )
    with op.batch_alter_table('message_slip', schema=None) as batch_op:
        batch_op.create_index('ix_message_slip_visit_id', ['visit_id'], unique=False)

    op.create_table('quotation',
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('basis', sa.String(length=16), nullable=False),
    sa.Column('total_cents', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('signer', sa.String(length=200), nullable=False),
    sa.Column('strokes', sa.JSON(), nullable=True),
    sa.Column('image_id', sa.String(length=36), nullable=True),
    sa.Column('answer_note', sa.Text(), nullable=False),
    sa.Column('visit_id', sa.String(length=36), nullable=False),
    sa.Column('work_order_id', sa.String(length=36), nullable=False),
    sa.Column('late', sa.Boolean(), nullable=False),
    sa.Column('late_state', sa.String(length=16), nullable=True),
    sa.Column('withdrawn', sa.Boolean(), nullable=False),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_by', sa.String(length=36), nullable=True),
    sa.Column('device_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('server_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quotation'))
    )
    with op.batch_alter_table('quotation', schema=None) as batch_op:
        batch_op.create_index('ix_quotation_visit_id', ['visit_id'], unique=False)

    op.create_table('rebooking',
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('reason', sa.String(length=64), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('was_start', sa.DateTime(timezone=True), nullable=False),
    sa.Column('was_end', sa.DateTime(timezone=True), nullable=False),
    sa.Column('slot_start', sa.DateTime(timezone=True), nullable=False),
    sa.Column('slot_end', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('answered_by', sa.String(length=36), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answer_note', sa.Text(), nullable=False),
    sa.Column('visit_id', sa.String(length=36), nullable=False),
    sa.Column('work_order_id', sa.String(length=36), nullable=False),
    sa.Column('late', sa.Boolean(), nullable=False),
    sa.Column('late_state', sa.String(length=16), nullable=True),
    sa.Column('withdrawn', sa.Boolean(), nullable=False),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_by', sa.String(length=36), nullable=True),
    sa.Column('device_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('server_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rebooking'))
    )
    with op.batch_alter_table('rebooking', schema=None) as batch_op:
        batch_op.create_index('ix_rebooking_visit_id', ['visit_id'], unique=False)




def downgrade():
    with op.batch_alter_table('rebooking', schema=None) as batch_op:
        batch_op.drop_index('ix_rebooking_visit_id')

    op.drop_table('rebooking')
    with op.batch_alter_table('quotation', schema=None) as batch_op:
        batch_op.drop_index('ix_quotation_visit_id')

    op.drop_table('quotation')
    with op.batch_alter_table('message_slip', schema=None) as batch_op:
        batch_op.drop_index('ix_message_slip_visit_id')

    op.drop_table('message_slip')
    with op.batch_alter_table('custody', schema=None) as batch_op:
        batch_op.drop_index('ix_custody_visit_id')

    op.drop_table('custody')
    with op.batch_alter_table('charge', schema=None) as batch_op:
        batch_op.drop_index('ix_charge_visit_id')

    op.drop_table('charge')
