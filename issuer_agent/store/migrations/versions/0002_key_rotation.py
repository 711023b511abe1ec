"""A rotation of the keys that is not finished."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this version."""
    with op.batch_alter_table("institution", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rotation", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Go back to the version before."""
    with op.batch_alter_table("institution", schema=None) as batch_op:
        batch_op.drop_column("rotation")
