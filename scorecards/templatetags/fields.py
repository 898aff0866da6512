"""Form fields as the pages want them."""

from django import template
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def plain_field(field: BoundField) -> SafeString:
    """The field's control without a placeholder: the label above says what it is for.

    What is wrong with it and the hint beneath are tied to it by Django itself (aria-describedby).
    """
    field.field.widget.attrs.pop("placeholder", None)
    return field.as_widget()
