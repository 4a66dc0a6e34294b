"""Corrections of the archive, documents, favourites, articles from the field, and consent before a repair.

Revises: 0016
"""
import sqlalchemy as sa
from alembic import op

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('archive_change',
    sa.Column('site_id', sa.String(length=36), nullable=False),
    sa.Column('asset_id', sa.String(length=36), nullable=True),
    sa.Column('changes', sa.JSON(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('photos', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('decided_by', sa.String(length=36), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decision_note', sa.Text(), nullable=False),
    sa.Column('written', sa.JSON(), nullable=True),
    sa.Column('visit_id', sa.String(length=36), nullable=False),
    sa.Column('work_order_id', sa.String(length=36), nullable=False),
    sa.Column('late', sa.Boolean(), nullable=False),
    sa.Column('late_state', sa.String(length=16), nullable=True),
    sa.Column('withdrawn', sa.Boolean(), nullable=False),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_by', sa.String(length=36), nullable=True),
    sa.Column('device_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('server_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_archive_change'))
    )
    with op.batch_alter_table('archive_change', schema=None) as batch_op:
        batch_op.create_index('ix_archive_change_site_id', ['site_id'], unique=False)
        batch_op.create_index('ix_archive_change_visit_id', ['visit_id'], unique=False)

    op.create_table('document',
    sa.Column('site_id', sa.String(length=36), nullable=True),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('title_en', sa.String(length=200), nullable=False),
    sa.Column('asset_class', sa.String(length=64), nullable=False),
    sa.Column('brand', sa.String(length=64), nullable=False),
    sa.Column('model', sa.String(length=128), nullable=False),
    sa.Column('revision', sa.String(length=32), nullable=False),
    sa.Column('pages', sa.JSON(), nullable=False),
    sa.Column('pins', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_by', sa.String(length=36), nullable=True),
    sa.Column('device_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('server_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_document'))
    )
    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_document_site_id'), ['site_id'], unique=False)

    op.create_table('document_page',
    sa.Column('document_id', sa.String(length=36), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('site_id', sa.String(length=36), nullable=True),
    sa.PrimaryKeyConstraint('document_id', 'sha256', name=op.f('pk_document_page'))
    )
    with op.batch_alter_table('document_page', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_document_page_sha256'), ['sha256'], unique=False)

    op.create_table('favourite',
    sa.Column('user_id', sa.String(length=36), nullable=False),
    sa.Column('parent_noun', sa.String(length=32), nullable=False),
    sa.Column('parent_id', sa.String(length=36), nullable=False),
    sa.Column('chosen', sa.Boolean(), nullable=False),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_by', sa.String(length=36), nullable=True),
    sa.Column('device_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('server_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_favourite'))
    )
    with op.batch_alter_table('favourite', schema=None) as batch_op:
        batch_op.create_index('ix_favourite_user_id', ['user_id'], unique=False)

    with op.batch_alter_table('article', schema=None) as batch_op:
        batch_op.add_column(sa.Column('state', sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column('visit_id', sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column('reviewed_by', sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column('reviewed_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('review_note', sa.Text(), nullable=True))

    with op.batch_alter_table('diagnosis', schema=None) as batch_op:
        batch_op.add_column(sa.Column('consent', sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column('consent_name', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('consent_at', sa.String(length=40), nullable=True))



def downgrade():
    with op.batch_alter_table('diagnosis', schema=None) as batch_op:
        batch_op.drop_column('consent_at')
        batch_op.drop_column('consent_name')
        batch_op.drop_column('consent')

    with op.batch_alter_table('article', schema=None) as batch_op:
        batch_op.drop_column('review_note')
        batch_op.drop_column('reviewed_at')
        batch_op.drop_column('reviewed_by')
        batch_op.drop_column('visit_id')
        batch_op.drop_column('state')

    with op.batch_alter_table('favourite', schema=None) as batch_op:
        batch_op.drop_index('ix_favourite_user_id')

    op.drop_table('favourite')
    with op.batch_alter_table('document_page', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_document_page_sha256'))

    op.drop_table('document_page')
    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_document_site_id'))

    op.drop_table('document')
    with op.batch_alter_table('archive_change', schema=None) as batch_op:
        batch_op.drop_index('ix_archive_change_visit_id')
        batch_op.drop_index('ix_archive_change_site_id')

    op.drop_table('archive_change')
