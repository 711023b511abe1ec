"""Who awarded and who revoked are kept; of what was done before, nobody knows."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this version."""
    with op.batch_alter_table("awards", schema=None) as batch_op:
        batch_op.add_column(sa.Column("awarded_by", sa.String(length=100), nullable=True))
    with op.batch_alter_table("issued", schema=None) as batch_op:
        batch_op.add_column(sa.Column("revoked_by", sa.String(length=100), nullable=True))


def downgrade() -> None:
    """Go back to the version before."""
    with op.batch_alter_table("issued", schema=None) as batch_op:
        batch_op.drop_column("revoked_by")
    with op.batch_alter_table("awards", schema=None) as batch_op:
        batch_op.drop_column("awarded_by")
