"""Rescue files that came to the office.

Revises: 0001
"""
import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('rescue_bundle',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('user_id', sa.String(length=36), nullable=True),
    sa.Column('user_name', sa.String(length=200), nullable=False),
    sa.Column('device_id', sa.String(length=36), nullable=True),
    sa.Column('made_at', sa.String(length=40), nullable=False),
    sa.Column('proven', sa.Boolean(), nullable=False),
    sa.Column('damaged', sa.Boolean(), nullable=False),
    sa.Column('acts', sa.Integer(), nullable=False),
    sa.Column('files', sa.Integer(), nullable=False),
    sa.Column('about', sa.JSON(), nullable=False),
    sa.Column('brought_by', sa.String(length=36), nullable=False),
    sa.Column('brought_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('imported_by', sa.String(length=36), nullable=True),
    sa.Column('imported_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('result', sa.JSON(), nullable=True),
    sa.Column('kept', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rescue_bundle')),
    sa.UniqueConstraint('sha256', name=op.f('uq_rescue_bundle_sha256'))
    )
    with op.batch_alter_table('rescue_bundle', schema=None) as batch_op:
        batch_op.create_index('ix_rescue_bundle_brought_at', ['brought_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_rescue_bundle_user_id'), ['user_id'], unique=False)


def downgrade():
    op.drop_table('rescue_bundle')
