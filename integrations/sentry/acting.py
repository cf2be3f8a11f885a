"""What is changed of Sentry's issues. Sentry shows the integration as whoever did it: a comment
says which person asked."""

from collections.abc import Mapping
from typing import Any

from integrations.errors import NotFound
from integrations.sentry import reading
from integrations.sentry.calls import SYSTEM, Calls, of_organization
from integrations.sentry.models import Issue, Member


class Acting(Calls):
    """Changes of issues, as the integration. The token needs event:write, and member:read to
    know who somebody is."""

    async def get_issue(self, organization: str, issue_id: str) -> Issue:
        """Return an issue as it is now, with the counts of its whole life.

        Costs one call.

        Raises:
            NotFound: there is no such issue, or we may not see it.
            Forbidden: the token is wrong or lacks event:read.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.sentry.io/api/events/retrieve-an-issue/
        """
        path = of_organization(organization, "issues", issue_id)
        raw = await self._http.send_for_json("get_issue", "GET", path)
        return self.read("get_issue", reading.issue, raw)

    async def resolve_issue(self, organization: str, issue_id: str) -> Issue:
        """Resolve an issue and return it as it is then. May be repeated.

        Costs one call. Errors as `get_issue`, with event:write.

        Source: https://docs.sentry.io/api/events/update-an-issue/
        """
        return await self._update(organization, issue_id, {"status": "resolved"})

    async def archive_issue(self, organization: str, issue_id: str) -> Issue:
        """Archive an issue until it escalates: what Sentry's own button does. May be repeated.

        Costs one call. Errors as `resolve_issue`.

        Source: https://docs.sentry.io/product/issues/states-triage/
        """
        archived = {"status": "ignored", "substatus": "archived_until_escalating"}
        return await self._update(organization, issue_id, archived)

    async def assign_issue(self, organization: str, issue_id: str, *, user_id: str) -> Issue:
        """Assign an issue to a member and return it as it is then. May be repeated.

        Costs one call. Errors as `resolve_issue`, and Rejected for a user who may not see the
        project.

        Source: https://docs.sentry.io/api/events/update-an-issue/
        """
        return await self._update(organization, issue_id, {"assignedTo": f"user:{user_id}"})

    async def find_member_by_email(self, organization: str, email: str) -> Member:
        """Return the member with this e-mail, whatever its case.

        Costs one call.

        Raises:
            NotFound: nobody, or somebody who has not accepted the invitation yet.
            Forbidden: the token is wrong or lacks member:read.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.sentry.io/api/organizations/list-an-organizations-members/
        """
        path = of_organization(organization, "members")
        params = [("query", f"email:{email}")]
        raws = await self._http.send_for_list("find_member_by_email", "GET", path, params=params)
        for raw in raws:
            found = self.read("find_member_by_email", reading.member, raw)
            if found is not None and found.email.casefold() == email.casefold():
                return found
        raise NotFound(SYSTEM, "find_member_by_email", f"nobody has the e-mail {email}")

    async def list_comments(self, organization: str, issue_id: str) -> tuple[str, ...]:
        """Return the texts of an issue's comments, the newest first; the first page of them.

        Costs one call. Errors as `get_issue`.

        Source: getsentry/sentry, api/urls.py: issues/{id}/comments/
        """
        path = of_organization(organization, "issues", issue_id, "comments")
        raws = await self._http.send_for_list("list_comments", "GET", path)

        def text(raw: Any) -> str:
            return str(raw["data"]["text"])

        return tuple(self.read("list_comments", text, raw) for raw in raws)

    async def create_comment(self, organization: str, issue_id: str, text: str) -> None:
        """Comment on an issue. Not idempotent; the same text within hours is refused.

        Costs one call. Errors as `resolve_issue`.

        Source: getsentry/sentry, api/urls.py: issues/{id}/comments/
        """
        path = of_organization(organization, "issues", issue_id, "comments")
        await self._http.send("create_comment", "POST", path, body={"text": text})

    async def _update(self, organization: str, issue_id: str, body: Mapping[str, Any]) -> Issue:
        path = of_organization(organization, "issues", issue_id)
        raw = await self._http.send_for_json("update_issue", "PUT", path, body=body)
        return self.read("update_issue", reading.issue, raw)
