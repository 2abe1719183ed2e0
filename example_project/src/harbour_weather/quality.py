"""How good the instruments are: an imperative workflow, put together call by call."""

from flytekit import Workflow

from harbour_weather.readings import Limits
from harbour_weather.tasks import clean, load_readings, share_kept

quality_check = Workflow(name="harbour_weather.quality.quality_check")
quality_check.add_workflow_input("days", int)
quality_check.add_workflow_input("limits", Limits)
_loaded = quality_check.add_entity(load_readings, days=quality_check.inputs["days"])
_cleaned = quality_check.add_entity(
    clean, readings=_loaded.outputs["o0"], limits=quality_check.inputs["limits"]
)
_share = quality_check.add_entity(share_kept, before=_loaded.outputs["o0"], after=_cleaned.outputs["o0"])
quality_check.add_workflow_output("share_kept", _share.outputs["o0"])
