"""Names for the numbers that name things."""

from typing import NewType

WorkspaceId = NewType("WorkspaceId", int)
MemberId = NewType("MemberId", int)
AccountId = NewType("AccountId", int)
ContactId = NewType("ContactId", int)
ListId = NewType("ListId", int)
ImportId = NewType("ImportId", int)
CampaignId = NewType("CampaignId", int)
RecipientId = NewType("RecipientId", int)
DirectId = NewType("DirectId", int)
InviteId = NewType("InviteId", int)
LinkingId = NewType("LinkingId", int)
CheckId = NewType("CheckId", int)
GroupImportId = NewType("GroupImportId", int)
OrderId = NewType("OrderId", int)
ConversationId = NewType("ConversationId", int)
ReplyId = NewType("ReplyId", int)

#: Names one try to reach one person, for ever and across processes: what a gateway is idempotent by.
AttemptKey = NewType("AttemptKey", str)
