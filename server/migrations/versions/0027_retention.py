"""Legal holds, and originals that went when their time was over.

Revises: 0026
"""
import sqlalchemy as sa
from alembic import op

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None

ID = sa.String(length=36)
INSTANT = sa.DateTime(timezone=True)


def upgrade():
    op.create_table('legal_hold',
    sa.Column('of_noun', sa.String(length=16), nullable=False),
    sa.Column('of_id', ID, nullable=False),
    sa.Column('label', sa.String(length=200), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('placed_at', INSTANT, nullable=False),
    sa.Column('lifted_at', INSTANT, nullable=True),
    sa.Column('lifted_by', ID, nullable=True),
    sa.Column('lift_reason', sa.Text(), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.Column('created_by', ID, nullable=True),
    sa.Column('device_at', INSTANT, nullable=True),
    sa.Column('server_at', INSTANT, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_legal_hold'))
    )
    with op.batch_alter_table('legal_hold', schema=None) as batch_op:
        batch_op.create_index('ix_legal_hold_of', ['of_noun', 'of_id'], unique=False)
    with op.batch_alter_table('stored_file', schema=None) as batch_op:
        batch_op.add_column(sa.Column('original_removed_at', INSTANT, nullable=True))


def downgrade():
    with op.batch_alter_table('stored_file', schema=None) as batch_op:
        batch_op.drop_column('original_removed_at')
    op.drop_table('legal_hold')
