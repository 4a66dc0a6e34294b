"""Reviews of root causes, hard cases, training.

Revises: 0024
"""
import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0024'
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


def about_order():
    return [
        sa.Column('work_order_id', sa.String(length=36), nullable=False),
        sa.Column('number', sa.String(length=32), nullable=False),
        sa.Column('title', sa.String(length=200), nullable=False),
        sa.Column('site_name', sa.String(length=200), nullable=False),
    ]


def upgrade():
    op.create_table('root_cause',
    sa.Column('facts', sa.Text(), nullable=False),
    sa.Column('whys', sa.JSON(), nullable=False),
    sa.Column('cause', sa.Text(), nullable=False),
    sa.Column('lessons', sa.Text(), nullable=False),
    sa.Column('held_on', sa.Date(), nullable=True),
    sa.Column('participant_ids', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('written_by', sa.String(length=36), nullable=True),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=True),
    *about_order(),
    *common(),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_root_cause'))
    )
    op.create_table('hard_case',
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('why', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('decided_by', sa.String(length=36), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_note', sa.Text(), nullable=False),
    sa.Column('held_on', sa.Date(), nullable=True),
    sa.Column('participant_ids', sa.JSON(), nullable=False),
    sa.Column('minutes', sa.Text(), nullable=False),
    *about_order(),
    *common(),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hard_case'))
    )
    op.create_table('training_record',
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('held_on', sa.Date(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('trainer', sa.String(length=200), nullable=False),
    sa.Column('skills', sa.JSON(), nullable=False),
    sa.Column('people', sa.JSON(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('withdrawn', sa.Boolean(), nullable=False),
    *common(),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_training_record'))
    )
    for table, column in (
        ('root_cause', 'work_order_id'), ('hard_case', 'work_order_id'), ('hard_case', 'month'),
        ('training_record', 'held_on'),
    ):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(batch_op.f(f'ix_{table}_{column}'), [column], unique=False)


def downgrade():
    for table in ('training_record', 'hard_case', 'root_cause'):
        op.drop_table(table)
