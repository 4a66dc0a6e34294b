"""Parts asked for and handed back, in a scope of their own that people hold from now on.

Revises: 0013
"""
import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

KEEPERS = (
    'storekeeper', 'dispatcher', 'operator', 'supervisor', 'module_head', 'department_head', 'call_back', 'admin',
)


def upgrade():
    op.create_table('part_request',
    sa.Column('work_order_id', sa.String(length=36), nullable=True),
    sa.Column('needed_on', sa.Date(), nullable=True),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('shipped', sa.Integer(), nullable=False),
    sa.Column('received', sa.Integer(), nullable=False),
    sa.Column('steps', sa.JSON(), nullable=False),
    sa.Column('user_id', sa.String(length=36), nullable=False),
    sa.Column('part_id', sa.String(length=36), nullable=False),
    sa.Column('part_number', sa.String(length=64), nullable=False),
    sa.Column('part_name', sa.String(length=200), nullable=False),
    sa.Column('unit', sa.String(length=16), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('visit_id', sa.String(length=36), nullable=True),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_by', sa.String(length=36), nullable=True),
    sa.Column('device_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('server_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_part_request'))
    )
    with op.batch_alter_table('part_request', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_part_request_user_id'), ['user_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_part_request_visit_id'), ['visit_id'], unique=False)

    op.create_table('part_return',
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('serials', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('received_by', sa.String(length=36), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('user_id', sa.String(length=36), nullable=False),
    sa.Column('part_id', sa.String(length=36), nullable=False),
    sa.Column('part_number', sa.String(length=64), nullable=False),
    sa.Column('part_name', sa.String(length=200), nullable=False),
    sa.Column('unit', sa.String(length=16), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('visit_id', sa.String(length=36), nullable=True),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_by', sa.String(length=36), nullable=True),
    sa.Column('device_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('server_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_part_return'))
    )
    with op.batch_alter_table('part_return', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_part_return_user_id'), ['user_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_part_return_visit_id'), ['visit_id'], unique=False)

    hold_scopes()


def hold_scopes():
    """Each person, and who keeps parts, holds `parts:<person>`, as `server/scopes.py` says; phones hear of it by pull."""
    op.execute('UPDATE clock SET rev = rev + 1 WHERE EXISTS (SELECT 1 FROM user_account)')
    keeps = ' OR '.join(f"CAST(u.roles AS TEXT) LIKE '%{role}%'" for role in KEEPERS)
    op.execute(
        'INSERT INTO subscription (user_id, scope, entered_rev) '
        "SELECT u.id, 'parts:' || o.id, (SELECT rev FROM clock) FROM user_account u, user_account o "
        f'WHERE u.active AND (u.id = o.id OR {keeps})'
    )


def downgrade():
    op.execute("DELETE FROM subscription WHERE scope LIKE 'parts:%'")
    op.execute("DELETE FROM scope_digest WHERE scope LIKE 'parts:%'")
    op.execute("DELETE FROM feed WHERE scope LIKE 'parts:%'")
    with op.batch_alter_table('part_return', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_part_return_visit_id'))
        batch_op.drop_index(batch_op.f('ix_part_return_user_id'))

    op.drop_table('part_return')
    with op.batch_alter_table('part_request', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_part_request_visit_id'))
        batch_op.drop_index(batch_op.f('ix_part_request_user_id'))

    op.drop_table('part_request')
