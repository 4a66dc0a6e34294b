"""The monthly assessment: its items, one person's month, and who holds it.

Revises: 0023
"""
import sqlalchemy as sa
from alembic import op

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None

ASSESSORS = ('supervisor', 'module_head', 'department_head', 'deputy_gm')


def common():
    """What every synced row has."""
    return [
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('created_by', sa.String(length=36), nullable=True),
        sa.Column('device_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('server_at', sa.DateTime(timezone=True), nullable=False),
    ]


def upgrade():
    op.create_table('assessment_item',
    sa.Column('code', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('name_en', sa.String(length=200), nullable=False),
    sa.Column('mild', sa.Integer(), nullable=False),
    sa.Column('grave', sa.Integer(), nullable=False),
    sa.Column('per', sa.String(length=8), nullable=False),
    sa.Column('evidence', sa.String(length=16), nullable=True),
    sa.Column('sort', sa.Integer(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    *common(),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assessment_item')),
    sa.UniqueConstraint('code', name=op.f('uq_assessment_item_code'))
    )
    op.create_table('assessment',
    sa.Column('user_id', sa.String(length=36), nullable=False),
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('lines', sa.JSON(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('confirmed_by', sa.String(length=36), nullable=True),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('objection', sa.JSON(), nullable=True),
    sa.Column('settled', sa.JSON(), nullable=True),
    sa.Column('approved_by', sa.String(length=36), nullable=True),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('exported_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reminded_on', sa.Date(), nullable=True),
    *common(),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assessment')),
    sa.UniqueConstraint('user_id', 'month', name=op.f('uq_assessment_user_id_month'))
    )
    with op.batch_alter_table('assessment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_assessment_month'), ['month'], unique=False)

    hold_scopes()


def hold_scopes():
    """Each person, and who decides about people, holds `assess:<person>`, as `server/scopes.py` says."""
    op.execute('UPDATE clock SET rev = rev + 1 WHERE EXISTS (SELECT 1 FROM user_account)')
    decides = ' OR '.join(f"CAST(u.roles AS TEXT) LIKE '%{role}%'" for role in ASSESSORS)
    op.execute(
        'INSERT INTO subscription (user_id, scope, entered_rev) '
        "SELECT u.id, 'assess:' || o.id, (SELECT rev FROM clock) FROM user_account u, user_account o "
        f'WHERE u.active AND (u.id = o.id OR {decides})'
    )


def downgrade():
    op.execute("DELETE FROM subscription WHERE scope LIKE 'assess:%'")
    op.execute("DELETE FROM scope_digest WHERE scope LIKE 'assess:%'")
    op.execute("DELETE FROM feed WHERE scope LIKE 'assess:%'")
    op.drop_table('assessment')
    op.drop_table('assessment_item')
