"""What an answer was given over; points of a site, and the proof of having been there.

Revises: 0008
"""
import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('point',
    sa.Column('site_id', sa.String(length=36), nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('name_en', sa.String(length=200), nullable=False),
    sa.Column('location', sa.String(length=200), nullable=False),
    sa.Column('token', sa.String(length=64), nullable=False),
    sa.Column('item_ids', sa.JSON(), nullable=False),
    sa.Column('sort', sa.Integer(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_by', sa.String(length=36), nullable=True),
    sa.Column('device_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('server_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_point'))
    )
    with op.batch_alter_table('point', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_point_site_id'), ['site_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_point_token'), ['token'], unique=False)

    op.create_table('presence_proof',
    sa.Column('point_id', sa.String(length=36), nullable=False),
    sa.Column('run_id', sa.String(length=36), nullable=True),
    sa.Column('how', sa.String(length=16), nullable=False),
    sa.Column('token', sa.String(length=200), nullable=False),
    sa.Column('place', sa.JSON(), nullable=True),
    sa.Column('flags', sa.JSON(), nullable=False),
    sa.Column('visit_id', sa.String(length=36), nullable=False),
    sa.Column('work_order_id', sa.String(length=36), nullable=False),
    sa.Column('late', sa.Boolean(), nullable=False),
    sa.Column('late_state', sa.String(length=16), nullable=True),
    sa.Column('withdrawn', sa.Boolean(), nullable=False),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_by', sa.String(length=36), nullable=True),
    sa.Column('device_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('server_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_presence_proof'))
    )
    with op.batch_alter_table('presence_proof', schema=None) as batch_op:
        batch_op.create_index('ix_presence_proof_visit_id', ['visit_id'], unique=False)

    with op.batch_alter_table('checklist_answer', schema=None) as batch_op:
        batch_op.add_column(sa.Column('over', sa.JSON(), nullable=True))


def downgrade():
    with op.batch_alter_table('checklist_answer', schema=None) as batch_op:
        batch_op.drop_column('over')

    with op.batch_alter_table('presence_proof', schema=None) as batch_op:
        batch_op.drop_index('ix_presence_proof_visit_id')

    op.drop_table('presence_proof')
    with op.batch_alter_table('point', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_point_token'))
        batch_op.drop_index(batch_op.f('ix_point_site_id'))

    op.drop_table('point')
