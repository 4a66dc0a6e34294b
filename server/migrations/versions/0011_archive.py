"""The archive can be searched.

Revises: 0010
"""
import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('archive_entry',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('work_order_id', sa.String(length=36), nullable=False),
    sa.Column('site_id', sa.String(length=36), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('indexed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('rev', sa.BigInteger(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_archive_entry')),
    sa.UniqueConstraint('work_order_id', name=op.f('uq_archive_entry_work_order_id'))
    )
    with op.batch_alter_table('archive_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_archive_entry_ended_at'), ['ended_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_archive_entry_site_id'), ['site_id'], unique=False)

    op.create_table('archive_gram',
    sa.Column('gram', sa.String(length=3), nullable=False),
    sa.Column('block', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('places', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('gram', 'block', name=op.f('pk_archive_gram'))
    )


def downgrade():
    op.drop_table('archive_gram')
    with op.batch_alter_table('archive_entry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_archive_entry_site_id'))
        batch_op.drop_index(batch_op.f('ix_archive_entry_ended_at'))

    op.drop_table('archive_entry')
