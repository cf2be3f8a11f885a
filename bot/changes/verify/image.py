"""The images a task is made of: whether ECR has them, for which platform, and what a scan found."""

from bot.changes.verify.case import Case
from bot.domain import verification
from bot.domain.image import ImageReference
from bot.domain.verification import (
    Check,
    Level,
    Remark,
    judged_scan,
    needs,
    never_scanned,
    prerequisites,
    together,
)
from integrations.aws.accounts import Account
from integrations.aws.ecr import NotScanned
from integrations.errors import NotFound

ECR = "ECR"


async def check_image(case: Case) -> Check:
    """Every container's image; the one to deploy is not asked for where it was just described."""
    asking = []
    elsewhere = []
    for name, reference in case.containers.items():
        if name == case.container and case.image is not None:
            continue
        if reference.ecr_account is None:
            elsewhere.append((name, reference))
        else:
            what = f"whether {_spoken(reference)} is there"
            asking.append(case.ask(ECR, what, _described(case, reference)))
    remarks = [_not_looked_at(case, name, reference) for name, reference in elsewhere]
    if case.image is not None:
        named = case.containers[case.container]
        remarks.insert(0, prerequisites.found_image(named.repository, case.image.digest))
    remarks += await case.ask_all(*asking)
    return together(verification.IMAGE, remarks, fine="")


async def check_platform(case: Case) -> Check:
    """Whether the image is built for the CPU and the system the tasks will have."""
    wanted = needs.platform(case.definition, launch_type=case.service.launch_type)
    if wanted is None:
        return _fine(verification.PLATFORM, "The task names no platform; its machine decides.")
    reference, digest = case.containers[case.container], case.wanted_digest
    if reference.ecr_account is None or digest is None:
        return _unknown(verification.PLATFORM, reference)

    async def look() -> list[Remark]:
        offered = await _account(case, reference).ecr.describe_image_platforms(
            reference.repository, digest, registry_id=_registry_id(case, reference)
        )
        built = [needs.Platform(one.os, one.architecture) for one in offered]
        return [prerequisites.judged_platform(wanted, built)]

    what = "which platform the image is built for"
    return together(verification.PLATFORM, await case.ask(ECR, what, look()), fine="")


async def check_scan(case: Case) -> Check:
    """What the scan of the image found, by the catalogue's policy."""
    if not case.policy.asks:
        return _fine(verification.SCAN, "The catalogue asks for no scan.")
    reference, digest = case.containers[case.container], case.wanted_digest
    if reference.ecr_account is None or digest is None:
        return _unknown(verification.SCAN, reference)

    async def look() -> list[Remark]:
        try:
            found = await _account(case, reference).ecr.describe_image_scan_findings(
                reference.repository, digest, registry_id=_registry_id(case, reference)
            )
        except NotScanned:
            return [never_scanned(case.policy)]
        said = found.description
        return [judged_scan(found.status, found.counts, case.policy, description=said)]

    remarks = await case.ask(ECR, "what a scan of the image found", look())
    return together(verification.SCAN, remarks, fine="")


async def _described(case: Case, reference: ImageReference) -> list[Remark]:
    by = {"digest": reference.digest} if reference.digest else {"tag": reference.tag or "latest"}
    try:
        image = await _account(case, reference).ecr.describe_image(
            reference.repository, registry_id=_registry_id(case, reference), **by
        )
    except NotFound:
        where = reference.ecr_account or case.place.config.account
        return [prerequisites.missing_image(_spoken(reference), where)]
    return [prerequisites.found_image(reference.repository, image.digest)]


def _not_looked_at(case: Case, container: str, reference: ImageReference) -> Remark:
    """An image of another registry; only for the one to deploy is that worth a word of its own."""
    where = reference.registry or "Docker Hub"
    if container != case.container:
        return Remark(Level.OK, f"Not looked at: {reference.repository}, which is in {where}.")
    return Remark(
        Level.UNKNOWN,
        f"{reference.repository} is in {where}, where the bot cannot look.",
        "Make sure that the image is there.",
    )


def _account(case: Case, reference: ImageReference) -> Account:
    """ECR's region is the fourth part of a registry's name, `<account>.dkr.ecr.<region>.…`."""
    return case.account_in(reference.registry.split(".")[3])


def _registry_id(case: Case, reference: ImageReference) -> str | None:
    """The registry's account, where it is not the place's own."""
    account = reference.ecr_account
    return account if account != case.place.config.account else None


def _spoken(reference: ImageReference) -> str:
    if reference.digest:
        return f"{reference.repository}@{prerequisites.short_digest(reference.digest)}"
    return f"{reference.repository}:{reference.tag or 'latest'}"


def _fine(name: str, text: str) -> Check:
    return Check(name=name, level=Level.OK, text=text)


def _unknown(name: str, reference: ImageReference) -> Check:
    why = "its digest is not known" if reference.ecr_account else "it is not in ECR"
    wanted = {verification.PLATFORM: "built for the task's platform", verification.SCAN: "scanned"}
    return Check(
        name=name,
        level=Level.UNKNOWN,
        text=f"Whether the image is {wanted[name]} was not asked: {why}.",
        mend=f"Look at {_spoken(reference)} yourself.",
    )
