"""By which ways people and other systems are told, and what became of it.

Revises: 0019
"""
import sqlalchemy as sa
from alembic import op

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None

ID = sa.String(length=36)
INSTANT = sa.DateTime(timezone=True)


def upgrade():
    op.create_table('notice_choice',
    sa.Column('user_id', ID, nullable=False),
    sa.Column('push', sa.JSON(), nullable=False),
    sa.Column('mail', sa.JSON(), nullable=False),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('lang', sa.String(length=8), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.Column('created_by', ID, nullable=True),
    sa.Column('device_at', INSTANT, nullable=True),
    sa.Column('server_at', INSTANT, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice_choice')),
    sa.UniqueConstraint('user_id', name=op.f('uq_notice_choice_user_id'))
    )
    op.create_table('push_subscription',
    sa.Column('id', ID, nullable=False),
    sa.Column('user_id', ID, nullable=False),
    sa.Column('device_id', ID, nullable=False),
    sa.Column('endpoint', sa.String(length=1000), nullable=False),
    sa.Column('p256dh', sa.String(length=100), nullable=False),
    sa.Column('auth', sa.String(length=40), nullable=False),
    sa.Column('lang', sa.String(length=8), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_push_subscription')),
    sa.UniqueConstraint('device_id', name=op.f('uq_push_subscription_device_id')),
    sa.UniqueConstraint('endpoint', name=op.f('uq_push_subscription_endpoint'))
    )
    with op.batch_alter_table('push_subscription', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_push_subscription_user_id'), ['user_id'], unique=False)
    op.create_table('webhook',
    sa.Column('id', ID, nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('url', sa.String(length=1000), nullable=False),
    sa.Column('format', sa.String(length=16), nullable=False),
    sa.Column('lang', sa.String(length=8), nullable=False),
    sa.Column('secret', sa.String(length=200), nullable=False),
    sa.Column('kinds', sa.JSON(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('removed', sa.Boolean(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('resting_until', INSTANT, nullable=True),
    sa.Column('stopped_at', INSTANT, nullable=True),
    sa.Column('created_by', ID, nullable=True),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook'))
    )
    op.create_table('delivery',
    sa.Column('id', ID, nullable=False),
    sa.Column('channel', sa.String(length=8), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('user_id', ID, nullable=True),
    sa.Column('target_id', ID, nullable=True),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('notice_id', ID, nullable=True),
    sa.Column('body', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('status', sa.Integer(), nullable=True),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.Column('next_at', INSTANT, nullable=True),
    sa.Column('ended_at', INSTANT, nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery'))
    )
    with op.batch_alter_table('delivery', schema=None) as batch_op:
        batch_op.create_index('ix_delivery_created_at', ['created_at'], unique=False)
        batch_op.create_index('ix_delivery_target', ['target_id', 'state'], unique=False)
    with op.batch_alter_table('access_log', schema=None) as batch_op:
        batch_op.add_column(sa.Column('act', sa.String(length=32), nullable=False, server_default=''))
        batch_op.create_index('ix_access_log_at', ['at'], unique=False)
    with op.batch_alter_table('access_log', schema=None) as batch_op:
        batch_op.alter_column('act', server_default=None)
    op.execute("UPDATE access_log SET act = 'contact.reveal' WHERE noun = 'work_order'")
    op.execute("UPDATE access_log SET act = 'device.revoke' WHERE noun = 'device'")
    op.create_table('server_secret',
    sa.Column('name', sa.String(length=32), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('made_at', INSTANT, nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_server_secret'))
    )


def downgrade():
    with op.batch_alter_table('access_log', schema=None) as batch_op:
        batch_op.drop_index('ix_access_log_at')
        batch_op.drop_column('act')
    for table in ('server_secret', 'delivery', 'webhook', 'push_subscription', 'notice_choice'):
        op.drop_table(table)
