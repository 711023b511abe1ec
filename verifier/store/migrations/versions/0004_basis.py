"""What a decision rests on besides what came is kept with it, and the digests of all of it.

What was decided before has neither: it stands, and cannot be computed again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this version."""
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("basis", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("digests", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Go back to the version before."""
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_column("digests")
        batch_op.drop_column("basis")
