"""Tickets from the field, and defects.

Revises: 0005
"""
import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('defect',
    sa.Column('site_id', sa.String(length=36), nullable=False),
    sa.Column('asset_id', sa.String(length=36), nullable=True),
    sa.Column('run_id', sa.String(length=36), nullable=True),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('item_id', sa.String(length=64), nullable=False),
    sa.Column('label', sa.String(length=200), nullable=False),
    sa.Column('label_en', sa.String(length=200), nullable=False),
    sa.Column('severity', sa.String(length=16), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('photos', sa.JSON(), nullable=False),
    sa.Column('steps', sa.JSON(), nullable=False),
    sa.Column('raised_id', sa.String(length=36), nullable=True),
    sa.Column('raised_number', sa.String(length=32), nullable=True),
    sa.Column('checked_run_id', sa.String(length=36), nullable=True),
    sa.Column('checked_visit_id', sa.String(length=36), nullable=True),
    sa.Column('visit_id', sa.String(length=36), nullable=False),
    sa.Column('work_order_id', sa.String(length=36), nullable=False),
    sa.Column('late', sa.Boolean(), nullable=False),
    sa.Column('late_state', sa.String(length=16), nullable=True),
    sa.Column('withdrawn', sa.Boolean(), nullable=False),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_by', sa.String(length=36), nullable=True),
    sa.Column('device_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('server_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_defect'))
    )
    with op.batch_alter_table('defect', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_defect_checked_run_id'), ['checked_run_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_defect_checked_visit_id'), ['checked_visit_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_defect_raised_id'), ['raised_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_defect_run_id'), ['run_id'], unique=False)
        batch_op.create_index('ix_defect_site_id', ['site_id'], unique=False)
        batch_op.create_index('ix_defect_visit_id', ['visit_id'], unique=False)

    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.alter_column('visit_id',
               existing_type=sa.VARCHAR(length=36),
               nullable=True)

    with op.batch_alter_table('work_order', schema=None) as batch_op:
        batch_op.add_column(sa.Column('raised_by_id', sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column('defect_id', sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column('merged_into_id', sa.String(length=36), nullable=True))
        batch_op.create_index(batch_op.f('ix_work_order_raised_by_id'), ['raised_by_id'], unique=False)


def downgrade():
    with op.batch_alter_table('work_order', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_work_order_raised_by_id'))
        batch_op.drop_column('merged_into_id')
        batch_op.drop_column('defect_id')
        batch_op.drop_column('raised_by_id')

    # Pictures of a ticket without a visit belong to something that is no visit.
    op.execute("UPDATE attachment SET visit_id = work_order_id WHERE visit_id IS NULL")
    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.alter_column('visit_id',
               existing_type=sa.VARCHAR(length=36),
               nullable=False)

    with op.batch_alter_table('defect', schema=None) as batch_op:
        batch_op.drop_index('ix_defect_visit_id')
        batch_op.drop_index('ix_defect_site_id')
        batch_op.drop_index(batch_op.f('ix_defect_run_id'))
        batch_op.drop_index(batch_op.f('ix_defect_raised_id'))
        batch_op.drop_index(batch_op.f('ix_defect_checked_visit_id'))
        batch_op.drop_index(batch_op.f('ix_defect_checked_run_id'))

    op.drop_table('defect')
