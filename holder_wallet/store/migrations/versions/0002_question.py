"""What a link asks before there is an invitation is kept with the exchange."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this version."""
    with op.batch_alter_table("exchanges", schema=None) as batch_op:
        batch_op.add_column(sa.Column("question", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("question_id", sa.String(length=64), nullable=True))
        batch_op.create_index(batch_op.f("ix_exchanges_question_id"), ["question_id"], unique=False)


def downgrade() -> None:
    """Go back to the version before."""
    with op.batch_alter_table("exchanges", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchanges_question_id"))
        batch_op.drop_column("question_id")
        batch_op.drop_column("question")
