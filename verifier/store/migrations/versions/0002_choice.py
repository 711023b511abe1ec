"""What a learner chose to answer is kept with the session."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this version."""
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("choice", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Go back to the version before."""
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_column("choice")
