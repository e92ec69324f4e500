"""County, town and village as pages, with their division codes; and the posts held there.

The tree is Wagtail's page tree, so that permissions and review chains inherit along it. The
code is the official 12-digit division code cut after its level (see `contract.areas`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.models import Page, Site

from contract.areas import Area
from contract.errors import ContractError

if TYPE_CHECKING:
    from django.http import HttpRequest


class Role(models.TextChoices):
    """A post that an account holds at one place."""

    CLERK = "clerk", _("村文书")
    COMMITTEE = "committee", _("村务监督委员会")
    SECRETARY = "secretary", _("村党组织书记")
    TOWN_OFFICER = "town_officer", _("乡镇干部")
    COUNTY_OFFICER = "county_officer", _("县级干部")


VILLAGE_ROLES = (Role.CLERK, Role.COMMITTEE, Role.SECRETARY)
SUPERVISORS = (Role.TOWN_OFFICER, Role.COUNTY_OFFICER)


def address_of(path: str, request: HttpRequest | None = None) -> tuple[int, str, str] | None:  # noqa: ARG001 - Wagtail passes it
    """Site, root address and path of a page, in the form that Wagtail's links want."""
    site = Site.objects.filter(is_default_site=True).values_list("pk", flat=True).first()
    return None if site is None else (site, settings.PUBLIC_URL, path)


class PlacePage(Page):
    """What every place has: its code, its office and how to reach it.

    Raises:
        ValidationError: on cleaning, when the code is not one of its level.
    """

    code = models.CharField(_("区划代码"), max_length=12, unique=True)
    office = models.CharField(_("办公室"), max_length=60, blank=True)
    phone = models.CharField(_("办公电话"), max_length=20, blank=True)
    complaints = models.CharField(_("投诉受理"), max_length=120, blank=True)

    levels: ClassVar[tuple[str, ...]] = ()
    content_panels = [
        *Page.content_panels,
        MultiFieldPanel(
            [
                FieldPanel("code"),
                FieldPanel("office"),
                FieldPanel("phone"),
                FieldPanel("complaints"),
            ],
            heading=_("区划"),
        ),
    ]
    promote_panels: ClassVar[list[Any]] = []
    settings_panels: ClassVar[list[Any]] = []
    is_creatable = False
    subpage_types: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("区划")

    def __str__(self) -> str:
        return str(self.title)

    @property
    def area(self) -> Area:
        """The place as an area of the contract."""
        return Area.parse(self.code)

    def full_clean(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        """Check the code's form and level besides what Django checks."""
        super().full_clean(*args, **kwargs)
        try:
            found = Area.parse(self.code).level
        except ContractError:
            found = ""
        if self.levels and found not in self.levels:
            raise ValidationError({"code": _("区划代码的位数与层级不符")})

    def get_url_parts(self, request: HttpRequest | None = None) -> tuple[int, str, str] | None:
        """The address of the place's phone page."""
        return address_of(reverse("phone-place", args=[self.code]), request)


class CountyPage(PlacePage):
    """The root of one hub: a county, or the province or city whose word counties' hubs pass on."""

    levels = ("province", "city", "county")
    parent_page_types: ClassVar[list[str]] = ["wagtailcore.Page"]
    subpage_types: ClassVar[list[str]] = ["places.TownPage"]
    is_creatable = True

    class Meta:
        verbose_name = _("县")
        verbose_name_plural = _("县")


class TownPage(PlacePage):
    """A town (乡镇、街道) in the county."""

    levels = ("town",)
    parent_page_types: ClassVar[list[str]] = ["places.CountyPage"]
    subpage_types: ClassVar[list[str]] = ["places.VillagePage"]
    is_creatable = True

    class Meta:
        verbose_name = _("乡镇")
        verbose_name_plural = _("乡镇")


class VillagePage(PlacePage):
    """A village; its notices are the pages under it."""

    levels = ("village",)
    groups = models.PositiveSmallIntegerField(
        _("村民小组数"), default=0, validators=[MaxValueValidator(99)]
    )
    latitude = models.FloatField(
        _("纬度（WGS-84）"),
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )
    longitude = models.FloatField(
        _("经度（WGS-84）"),
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )
    parent_page_types: ClassVar[list[str]] = ["places.TownPage"]
    subpage_types: ClassVar[list[str]] = ["notices.NoticePage"]
    content_panels = [
        *PlacePage.content_panels,
        FieldPanel("groups"),
        FieldPanel("latitude"),
        FieldPanel("longitude"),
    ]
    is_creatable = True

    class Meta:
        verbose_name = _("村")
        verbose_name_plural = _("村")

    @property
    def areas_with_groups(self) -> tuple[Area, ...]:
        """The village itself, then each of its groups."""
        return (self.area, *(Area(self.code, n) for n in range(1, self.groups + 1)))


class Post(models.Model):
    """One post at one place; its holders are the members of a Django group."""

    group = models.OneToOneField(Group, models.CASCADE, related_name="post")
    place = models.ForeignKey(PlacePage, models.CASCADE, related_name="posts")
    role = models.CharField(_("岗位"), max_length=20, choices=Role)

    class Meta:
        verbose_name = _("岗位")
        verbose_name_plural = _("岗位")
        constraints = [
            models.UniqueConstraint(fields=["place", "role"], name="one_post_of_a_kind_a_place")
        ]

    def __str__(self) -> str:
        return f"{self.place} {self.get_role_display()}"
