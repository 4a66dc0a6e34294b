"""Digests of scopes, kept with the feed, and the divergences that checks found.

Revises: 0002
"""
import sqlalchemy as sa
from alembic import op

from sync.digest import halves, row_hash

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

ROWS_AT_ONCE = 5000


def upgrade():
    digests = op.create_table('scope_digest',
    sa.Column('scope', sa.String(length=48), nullable=False),
    sa.Column('rows', sa.BigInteger(), nullable=False),
    sa.Column('hi', sa.BigInteger(), nullable=False),
    sa.Column('lo', sa.BigInteger(), nullable=False),
    sa.Column('rev', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('scope', name=op.f('pk_scope_digest'))
    )
    op.create_table('divergence',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('user_id', sa.String(length=36), nullable=False),
    sa.Column('device_id', sa.String(length=36), nullable=False),
    sa.Column('scope', sa.String(length=48), nullable=False),
    sa.Column('rev', sa.BigInteger(), nullable=False),
    sa.Column('cause', sa.String(length=16), nullable=False),
    sa.Column('device_rows', sa.Integer(), nullable=False),
    sa.Column('server_rows', sa.Integer(), nullable=False),
    sa.Column('repaired', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_divergence'))
    )
    with op.batch_alter_table('divergence', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_divergence_at'), ['at'], unique=False)
    _sum_up(op.get_bind(), digests)


def _sum_up(connection, digests):
    """The digests of the rows that are there already; a scope whose rows are all deleted has its rev all the same."""
    sums = {}
    found = connection.execute(
        sa.text('SELECT noun, row_id, scope, rev, body IS NOT NULL AS live FROM feed'),
        execution_options={'yield_per': ROWS_AT_ONCE},
    )
    for noun, row_id, scope, rev, live in found:
        kept = sums.setdefault(scope, {'scope': scope, 'rows': 0, 'hi': 0, 'lo': 0, 'rev': 0})
        kept['rev'] = max(kept['rev'], rev)
        if live:
            hi, lo = halves(row_hash(noun, row_id, rev))
            kept['rows'] += 1
            kept['hi'] += hi
            kept['lo'] += lo
    rows = list(sums.values())
    for start in range(0, len(rows), ROWS_AT_ONCE):
        connection.execute(digests.insert(), rows[start : start + ROWS_AT_ONCE])


def downgrade():
    op.drop_table('divergence')
    op.drop_table('scope_digest')
