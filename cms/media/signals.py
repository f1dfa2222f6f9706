from django.dispatch import Signal

# provides args: image_id
renditions_ready = Signal()
