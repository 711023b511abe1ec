"""The browser in which something was asked, and the one its QR was made for, are kept.

What was asked before has neither: a QR of it is shown nowhere any more, and an answer to it that
is still awaited cannot be told to belong to a browser; it is asked again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this version."""
    with op.batch_alter_table("requests", schema=None) as batch_op:
        batch_op.add_column(sa.Column("asked_in", sa.String(length=64), nullable=True))
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("shown_in", sa.String(length=64), nullable=True))


def downgrade() -> None:
    """Go back to the version before."""
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_column("shown_in")
    with op.batch_alter_table("requests", schema=None) as batch_op:
        batch_op.drop_column("asked_in")
